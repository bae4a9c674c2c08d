/**
 * The dashboard's entry: puts the parts together and shows them.
 */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles/layers.css';
import '@mantine/core/styles.layer.css';
import '@mantine/notifications/styles.layer.css';
import './styles/base.css';
import { App, createParts } from './app.tsx';

const root = document.getElementById('root');
if (!root) throw new Error('the page lacks #root');
createRoot(root).render(
  <StrictMode>
    <App parts={createParts()} />
  </StrictMode>,
);
